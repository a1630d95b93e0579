# The directory of that device, with nothing in it yet.
mkdir /tmp/press
cd /tmp/press

# What is started in the background holds a lock, or is the daemon: until its release runs.
settled() {
  if [ -n "$1" ]; then locked "$1"; else until grep -qs applied "$2"; do sleep 0.01; done; fi
}

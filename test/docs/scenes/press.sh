# The configuration of a device with two services, as docs/supervise.md begins with.
mkdir /tmp/press
cd /tmp/press
cat >press.yaml <<'END'
root: ./
state: ./state
api: { listen: unix:/tmp/press/api.sock }
apps:
  1234:
    name: press
    release: '1.0'
    services:
      pump: { command: sleep infinity, environment: { PRESSURE: 6 } }
      label: { command: sleep infinity, environment: { TEXT: best before } }
END
sed -e '3s/.*/drivr: process/' -e 's/command: sleep infinity, environment: { P/comand: sleep infinity, environment: { P/' press.yaml >broken.yaml

# What is started in the background is the daemon: until its release runs.
settled() {
  until grep -q applied "$2"; do :; done
}

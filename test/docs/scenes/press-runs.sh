# The same with its daemon.
. "${BASH_SOURCE[0]%/*}/press.sh"
lockbridge supervise -c press.yaml >/tmp/out/daemon 2>&1 &
settled '' /tmp/out/daemon

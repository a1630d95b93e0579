# The environment of a service whose daemon listens on a port.
. "${BASH_SOURCE[0]%/*}/press.sh"
port=$(node -p 'require("net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port); this.close() }), ""')
sed -i "s|unix:[^ ]*|127.0.0.1:${port//[^0-9]/}|" press.yaml
lockbridge supervise -c press.yaml >/tmp/out/daemon 2>&1 &
settled '' /tmp/out/daemon
pump=$(grep -lzx BALENA_SERVICE_NAME=pump $(inhabitants | sed 's|.*|/proc/&/environ|') 2>/dev/null)
export $(tr '\0' '\n' <"$pump" | grep ^BALENA_SUPERVISOR_)

# The configuration of a device with two services: the file that docs/supervise.md begins with.
. "${BASH_SOURCE[0]%/*}/press-empty.sh"
sed -n '/^```yaml file=press.yaml$/,/^```$/{/^```/!p}' "$root/docs/supervise.md" >press.yaml
sed -e '3s/.*/drivr: process/' -e 's/command: sleep infinity, environment: { P/comand: sleep infinity, environment: { P/' press.yaml >broken.yaml

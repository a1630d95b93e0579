# The same with a new release, which two locks of strangers are in the way of.
. "${BASH_SOURCE[0]%/*}/press-runs.sh"
locks=tmp/balena-supervisor/services/1234
flock $locks/label/updates.lock sleep 600 &
lockbridge run --reason 'filling a batch' $locks/pump/updates.lock -- sleep 600 &
for service in label pump; do
  until lockbridge-run status $locks/$service/updates.lock | grep -q kernel; do sleep 0.01; done
done
sed -i -e "s/'1.0'/'1.1'/" -e 's/PRESSURE: 6/PRESSURE: 7/' press.yaml
until grep -q 'wait .*pump' /tmp/out/daemon; do sleep 0.01; done

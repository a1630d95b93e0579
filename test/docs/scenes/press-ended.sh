# The same after its daemon has ended.
. "${BASH_SOURCE[0]%/*}/press-runs.sh"
kill %1
wait %1

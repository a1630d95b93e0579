# The state file of a fleet server, with one slot that has been held for two hours.
since=$(date -u -d '2 hours ago' +%Y-%m-%dT%H:%M:%S.000Z)
cat >fleet.json <<END
{"lockbridgeFleet":1,"groups":{"default":{"slots":3,"holders":[
  {"id":"dev-a","grant":"1f0c9a77d3b2","slot":0,"since":"$since"}]}}}
END

# A watch, a holder and one that waits behind it, each when the one before was seen.
settled() {
  local awaited=(watching took cleared)
  until grep -q " ${awaited[seen]} " /tmp/out/0; do sleep 0.01; done
  ((++seen))
}
seen=0

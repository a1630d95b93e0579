# What is started in the background takes the lock of its service.
settled() {
  locked /tmp/balena/updates.lock
}

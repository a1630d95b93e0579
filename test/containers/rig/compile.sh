#!/bin/sh
# Compiles the Java holder inside the new root $1, by the smallest compiler that Debian has.
set -eu
cp "$(dirname "$0")/../holders/Hold.java" "$1/opt"
compiler=org.eclipse.jdt.internal.compiler.batch.Main
exec chroot "$1" java -cp /usr/share/java/ecj.jar "$compiler" -11 -d /opt /opt/Hold.java

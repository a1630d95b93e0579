// `open FILE {WRONLY CREAT EXCL}` of Tcl: whoever creates the file holds it and deletes it.

import { openProgram } from './program-session.js';
import type { Peer } from './types.js';
import { packagedVersion } from './version.js';

const SCRIPT = String.raw`
proc hold {path} {
  if {[catch {open $path {WRONLY CREAT EXCL} 0644} file options]} {
    set code [lrange [dict get $options -errorcode] 0 1]
    if {$code eq {POSIX EEXIST}} { return refused }
    return "error $file"
  }
  close $file
  return acquired
}
proc release {path} { file delete -- $path }
proc answer {line} {
  set at [string first { } $line]
  set verb [string range $line 0 $at-1]
  set path [string range $line $at+1 end]
  if {$verb eq {release}} { release $path; return released }
  set got [hold $path]
  if {$verb eq {take} && $got eq {acquired}} { release $path }
  return $got
}
fconfigure stdout -buffering line
puts ready
while {[gets stdin line] >= 0} { puts [string map [list \n { }] [answer $line]] }
`;

export const tclExcl: Peer = {
  id: 'tcl-excl',
  name: 'exclusive open of Tcl',
  family: 'existence',
  mechanism: 'exclusive create',
  install: { apt: ['tcl'] },
  detect: () => packagedVersion(['tclsh'], 'tcl'),
  // tclsh has no option for a script in its arguments.
  open: () => openProgram({ id: 'tcl-excl', argv: ['tclsh'], prelude: SCRIPT }),
};

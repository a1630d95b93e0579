#compdef lockbridge lockbridge-run
# Completion of lockbridge and lockbridge-run for zsh; made by the build.
#
# Names of files are data here: nothing is evaluated, and zsh quotes what it inserts.

_lockbridge_locks() {
  local typed=${(Q)PREFIX} expl
  local -a found
  if [[ $PREFIX == '~/'* ]] typed=$HOME/${typed#'~/'}
  if (( $+commands[lockbridge] )) {
    found=("${(@0)$(command lockbridge completion locks "$typed" 2>/dev/null)}")
    found=("${(@)found:#}")
  }
  # Else a name would be an option.
  found=("${(@)found/#-/./-}")
  if [[ $PREFIX == '~/'* ]] {
    found=("${(@)found#$HOME/}")
    found=("~/"${(q)^found})
    _wanted locks expl lock compadd -QU -a found
  } else {
    _wanted locks expl lock compadd -a found
  }
  if (( $#found )) { _directories } else { _files }
}

_lockbridge() {
  local program=$service command at
  local -a names
  _lockbridge_commands $program
  if (( CURRENT == 2 )) {
    _describe -t commands command names
    if [[ $program == lockbridge-run ]] _lockbridge_locks
    return
  }
  command=${(Q)words[2]}
  # lockbridge-run does without the word `run`.
  if [[ $program == lockbridge-run && ${names[(I)$command:*]} -eq 0 ]] {
    command=run
  } else {
    shift words
    (( CURRENT-- ))
  }
  at=${words[(i)--]}
  if [[ $command == run ]] && (( at < CURRENT )) {
    shift $at words
    (( CURRENT -= at ))
    _normal
    return
  }
  _lockbridge_arguments "$program $command"
}

if [[ $funcstack[1] == _lockbridge ]] {
  _lockbridge "$@" # loaded from $fpath
} else {
  compdef _lockbridge lockbridge lockbridge-run
}

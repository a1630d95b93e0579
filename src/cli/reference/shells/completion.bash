# Completion of lockbridge and lockbridge-run for bash 4.4 and later; made by the build.
#
# Names of files are data here: nothing is evaluated, and what is inserted is quoted by printf %q.

# The line up to the cursor as words, without their quotes. The functions below share the locals of
# _lockbridge: words (before the cursor's), cur, quote (open at the cursor), tilde (cur begins with ~/),
# kept (so much of cur stays on the line: bash replaces what follows a break such as `=` or `:`).
_lockbridge_split() {
  local line=${COMP_LINE:0:COMP_POINT} at sign next begun=
  for ((at = 0; at < ${#line}; at++)); do
    sign=${line:at:1} next=${line:at+1:1}
    if [[ $quote == "'" ]]; then
      if [[ $sign == "'" ]]; then quote=; else cur+=$sign; fi
    elif [[ $quote == '"' ]]; then
      if [[ $sign == '"' ]]; then
        quote=
      elif [[ $sign == \\ && $next == [\"\\\$\`] ]]; then
        cur+=$next
        ((++at))
      else
        cur+=$sign
      fi
    elif [[ $sign == [[:space:]] ]]; then
      if [[ $begun ]]; then words+=("$cur"); fi
      cur= begun= kept=0 tilde=
    else
      if [[ ! $begun && $sign$next == '~/' ]]; then tilde=1; fi
      begun=1
      if [[ $sign == [\'\"] ]]; then
        quote=$sign kept=${#cur}
      elif [[ $sign == \\ ]]; then
        cur+=$next
        ((++at))
      else
        cur+=$sign
        if [[ $COMP_WORDBREAKS == *"$sign"* ]]; then kept=${#cur}; fi
      fi
    fi
  done
}

# Words that need no quotes.
_lockbridge_offer() {
  local one
  for one; do
    if [[ $one == "$cur"* ]]; then COMPREPLY+=("${one:kept}"); fi
  done
}

_lockbridge_offer_path() {
  local one=${1:kept} begin=
  if [[ $tilde ]]; then
    one=${1#"$HOME"/} begin='~/'
  elif [[ $one == -* && $kept == 0 ]]; then
    one=./$one # else it would be an option
  fi
  case $quote in
    "'") if [[ $one == *"'"* ]]; then return; fi ;;
    '"') one=${one//\\/\\\\} one=${one//\"/\\\"} one=${one//\$/\\\$} one=${one//\`/\\\`} ;;
    *) printf -v one %q "$one" ;;
  esac
  COMPREPLY+=("$begin$one")
}

# $1: lock, directory, lock-or-directory or file.
_lockbridge_paths() {
  local typed=$cur one directory=
  local -a found=() directories=()
  if [[ $tilde ]]; then typed=$HOME/${cur#'~/'}; fi
  if [[ $1 == lock* ]] && type -P lockbridge >/dev/null; then
    mapfile -d '' -t found < <(command lockbridge completion locks "$typed" 2>/dev/null)
  fi
  mapfile -d '' -t directories < <(
    shopt -u failglob
    shopt -s nullglob
    set +f
    printf '%s\0' "$typed"*/
  )
  if [[ $1 != directory && ${#found[@]} == 0 ]]; then
    mapfile -d '' -t found < <(
      shopt -u failglob
      shopt -s nullglob
      set +f
      for one in "$typed"*; do if [[ ! -d $one ]]; then printf '%s\0' "$one"; fi; done
    )
  fi
  for one in "${found[@]}" "${directories[@]}"; do
    if [[ $one ]]; then _lockbridge_offer_path "$one"; fi
  done
  # One may go on behind a directory.
  if [[ ${#COMPREPLY[@]} == 1 && ${directories[0]} ]]; then compopt -o nospace 2>/dev/null; fi
}

# What follows `--`: a command, and its own completion if bash-completion is there.
_lockbridge_command() {
  local at
  for ((at = 1; at < COMP_CWORD; at++)); do
    if [[ ${COMP_WORDS[at]} == -- ]]; then break; fi
  done
  if declare -F _command_offset >/dev/null; then
    _command_offset $((at + 1))
  elif ((at + 1 == COMP_CWORD)); then
    mapfile -t COMPREPLY < <(compgen -c -- "$cur")
  else
    _lockbridge_paths file
  fi
}

_lockbridge() {
  local cur= quote= tilde= kept=0 kind= at
  local -a words=() commands=() options=() choices=()
  COMPREPLY=()
  _lockbridge_split
  while [[ ${words[0]} == *=* ]]; do words=("${words[@]:1}"); done
  local program=${words[0]##*/} command=${words[1]}
  _lockbridge_commands "$program"
  if [[ ${#words[@]} == 1 ]]; then
    _lockbridge_offer "${commands[@]}" --help --version
    if [[ $program == lockbridge-run && $cur != -* ]]; then _lockbridge_paths lock; fi
    return
  fi
  # lockbridge-run does without the word `run`.
  if [[ $program == lockbridge-run && " ${commands[*]} " != *" $command "* ]]; then command=run; fi
  _lockbridge_options "$program $command"
  for ((at = 1; at < ${#words[@]}; at++)); do
    if [[ ${words[at]} == -- && $command == run ]]; then
      _lockbridge_command
      return
    fi
  done
  local option=${words[-1]} front=
  if [[ $cur == --*=* ]]; then option=${cur%%=*} front=$option=; fi
  if [[ $option == -* ]] && _lockbridge_value "$program $command $option"; then
    _lockbridge_offer "${choices[@]/#/$front}"
    if [[ $kind ]]; then _lockbridge_paths "$kind"; fi
  elif [[ $cur == -* ]]; then
    _lockbridge_offer "${options[@]}" --help
  else
    _lockbridge_positional "$program $command"
    _lockbridge_offer "${choices[@]}"
    if [[ $kind ]]; then _lockbridge_paths "$kind"; fi
  fi
}

complete -F _lockbridge lockbridge lockbridge-run

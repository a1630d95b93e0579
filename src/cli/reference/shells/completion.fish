# Completion of lockbridge and lockbridge-run for fish; made by the build.
#
# Names of files are data here: nothing is evaluated, and fish quotes what it inserts.

# True if one of these commands is being completed, and no command to execute after `--`.
function __lockbridge_is
    set -l words (commandline -opc)
    if contains -- -- $words
        return 1
    end
    set -l command (string match -v -- '-*' $words[2..-1])[1]
    if string match -qr 'lockbridge-run$' -- $words[1]
        # It does without the word `run`.
        if not contains -- "$command" run lock unlock status wait break ls
            set command run
        end
    end
    contains -- "$command" $argv
end

# True where the command stands.
function __lockbridge_first
    test (count (commandline -opc)) -eq 1
end

# Paths of locks and directories; where no lock is, of files.
function __lockbridge_paths
    set -l typed (commandline -ct | string unescape)
    set -l home (commandline -ct | string match -q '~/*'; and echo $HOME)
    set typed (string replace -r '^~(?=/)' -- "$home" "$typed" | string collect)
    set -l found
    if command -q lockbridge
        set found (command lockbridge completion locks "$typed" 2>/dev/null | string split0)
    end
    if test (count $found) -eq 0
        set found "$typed"*
    end
    set -l directories "$typed"*/
    for one in $found $directories
        # A tab would begin a description.
        string match -q -- '*'\t'*' $one; and continue
        if test -n "$home"
            set one '~'(string sub -s (math 1 + (string length -- $home)) -- $one | string collect)
        else if string match -q -- '-*' $one
            set one ./$one # else it would be an option
        end
        printf '%s\0' $one
    end | string split0
end

# What follows `--` in run: another command line.
function __lockbridge_executed
    set -l words (commandline -opc)
    set -l at (contains -i -- -- $words); or return
    set -l rest (string escape -- $words[(math $at + 1)..-1])
    complete -C (string join ' ' -- $rest (commandline -ct))
end

complete -c lockbridge -f
complete -c lockbridge-run -f
complete -c lockbridge -a '(__lockbridge_executed)'
complete -c lockbridge-run -a '(__lockbridge_executed)'

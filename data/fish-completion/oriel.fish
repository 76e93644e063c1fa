# fish completion for oriel

# Only a broker that runs is asked: a key must start none.
function __oriel_vms
    set -l runtime $HOME/.cache
    set -l config $HOME/.config
    set -q XDG_RUNTIME_DIR; and set runtime $XDG_RUNTIME_DIR
    set -q XDG_CONFIG_HOME; and set config $XDG_CONFIG_HOME
    if test -S $runtime/oriel/broker.sock
        oriel vm list 2>/dev/null | tail -n +2 | string replace -r ' .*' ''
    else
        for file in /etc/oriel/vms/*.vm $config/oriel/vms/*.vm
            string replace -r '.*/(.*)\.vm$' '$1' $file
        end
    end
end

# Of the VM that the line names; those of one that has run are known without it.
function __oriel_apps
    set -l words (commandline -opc)
    set -l state $HOME/.local/state
    set -q XDG_STATE_HOME; and set state $XDG_STATE_HOME
    set -q words[3]; and test -e $state/oriel/applications/$words[3].list; or return
    oriel apps $words[3] 2>/dev/null | tail -n +2 | string replace -r '^\S+\s+(\S+).*' '$1'
end

# True if the line has as many words after the command as the first argument says, and begins with the others.
function __oriel_at
    set -l words (commandline -opc)
    set -l count $argv[1]
    test (count $words) -eq (math $count + 1)
    and __oriel_begins $argv[2..-1]
end

function __oriel_begins
    set -l words (commandline -opc)
    test (count $words) -gt (count $argv); or return
    for i in (seq (count $argv))
        test $words[(math $i + 1)] = $argv[$i]; or return
    end
end

complete -c oriel -f
complete -c oriel -n '__oriel_at 0' -l help -d 'print the commands'
complete -c oriel -n '__oriel_at 0' -l version -d 'print the version'
complete -c oriel -n '__oriel_at 0' -a vm -d 'list, start and stop VMs'
complete -c oriel -n '__oriel_at 0' -a run -d 'start a command or application in a VM'
complete -c oriel -n '__oriel_at 0' -a copy -d 'copy files between VMs'
complete -c oriel -n '__oriel_at 0' -a clip -d 'hand over what has been copied'
complete -c oriel -n '__oriel_at 0' -a apps -d 'list applications'
complete -c oriel -n '__oriel_at 0' -a publish -d 'put applications into the start menu'
complete -c oriel -n '__oriel_at 0' -a unpublish -d 'take applications out of it'
complete -c oriel -n '__oriel_at 0' -a menu -d 'the start menu'
complete -c oriel -n '__oriel_at 0' -a windows -d 'list windows'
complete -c oriel -n '__oriel_at 0' -a top -d 'show what VMs cost'
complete -c oriel -n '__oriel_at 0' -a screenshot -d 'write a picture'
complete -c oriel -n '__oriel_at 0' -a policy -d 'what VMs may do'
complete -c oriel -n '__oriel_at 0' -a log -d 'what has been decided'
complete -c oriel -n '__oriel_at 0' -a doctor -d 'look for what stands in the way'
complete -c oriel -n '__oriel_at 0' -a crashes -d 'crash reports'
complete -c oriel -n '__oriel_at 0' -a restart -d 'restart the broker'
complete -c oriel -n '__oriel_at 0' -a quit -d 'stop all VMs and the broker'
complete -c oriel -n '__oriel_at 0' -a help -d 'tell of commands'

complete -c oriel -n '__oriel_at 1 vm' -a 'list show start stop create destroy pause resume save restore'
complete -c oriel -n '__oriel_at 1 clip' -a 'show copy paste clear'
complete -c oriel -n '__oriel_at 1 policy' -a 'check explain reload'
complete -c oriel -n '__oriel_at 1 menu' -a clean
complete -c oriel -n '__oriel_at 1 crashes' -a show

for command in show start stop create destroy pause resume save restore
    complete -c oriel -n "__oriel_at 2 vm $command" -a '(__oriel_vms)'
end
for command in run publish unpublish screenshot apps doctor
    complete -c oriel -n "__oriel_at 1 $command" -a '(__oriel_vms)'
end
for command in copy paste
    complete -c oriel -n "__oriel_at 2 clip $command" -a '@primary (__oriel_vms)'
end
for count in 3 4
    complete -c oriel -n "__oriel_at $count policy explain" -a '@primary (__oriel_vms)'
end
for command in run publish unpublish
    complete -c oriel -n "__oriel_at 2 $command" -a '(__oriel_apps)'
end
complete -c oriel -n '__oriel_at 2 run' -a '(__fish_complete_command)'
complete -c oriel -n '__oriel_begins copy' -F -a '(__oriel_vms):'
complete -c oriel -n '__oriel_at 2 crashes show' -a "(oriel crashes 2>/dev/null | tail -n +2 | string replace -r '.* ' '')"
complete -c oriel -n '__oriel_at 2 policy explain' -a 'launch fullscreen clipboard primary-selection copy open-url
    open-file notify audio microphone camera drag'
for begin in 'vm save' 'vm restore' screenshot 'policy check'
    complete -c oriel -n "__oriel_begins $begin" -F
end

for begin in 'vm list' 'vm show' copy apps windows top 'clip show' 'policy check' 'policy explain' log crashes doctor
    complete -c oriel -n "__oriel_begins $begin" -l json -d 'for programs'
end
complete -c oriel -n '__oriel_begins vm show' -l xl -d 'what xl is given'
complete -c oriel -n '__oriel_begins vm start' -l login -d 'all that start at the login'
complete -c oriel -n '__oriel_at 2 run' -l wait -d 'and end with its exit status'
complete -c oriel -n '__oriel_at 2 run' -l verbose -d 'tell each step'
complete -c oriel -n '__oriel_begins top' -l once -d 'one sample'
complete -c oriel -n '__oriel_begins log' -s f -d 'go on'
complete -c oriel -n '__oriel_begins log' -l vm -x -a '(__oriel_vms)' -d 'of one VM'
complete -c oriel -n '__oriel_begins log' -l service -x -d 'of one service' \
    -a 'launch fullscreen clipboard primary-selection copy open-url open-file notify'

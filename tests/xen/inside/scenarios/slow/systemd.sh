# A guest with systemd, in which Oriel is installed as docs/xen.md says, and its windows on dom0's desktop. Not one of
# the lane's: systemd takes a minute to start under emulation.
write_vms() {
	mkdir -p ~/.config/oriel/vms
	printf '[vm]\nlabel=blue\nbackend=xen\ndomain=work\n' >~/.config/oriel/vms/work.vm
}

has_agent() { oriel doctor work | grep -q 'work: its domain .* has an agent'; }
runs_as() { in_guest work "[[ \$(ps -o user= -C '$1' | sort -u) == $2 ]]"; }

check 'a guest starts with systemd' start_guest work pvh first_program=/lab/systemd-guest.sh
check 'it answers' await "$patience" guest_answers work
check 'its user is made' in_guest work 'useradd --create-home alice'
check 'its manager and its devices learn what has been installed' in_guest work \
	'systemd-sysusers && udevadm control --reload && udevadm trigger --subsystem-match=misc && systemctl daemon-reload'
check 'the service starts' in_guest work 'systemctl enable --now oriel-guest@alice'
write_vms
check 'dom0 finds its agent' await "$patience" has_agent
check 'the agent is the user'"'"'s' runs_as oriel-agent alice
check 'its doctor finds nothing wrong' in_guest work 'oriel-agent --doctor'
check 'as many pages may be shared as is installed' in_guest work 'grep -qx 16384 /sys/module/xen_gntalloc/parameters/limit'
oriel run work xterm -T terminal
check 'an application shows on the desktop of dom0' await "$patience" has_window '[work] terminal'
check 'it is the user'"'"'s, too' runs_as xterm alice
take_screenshot systemd
check 'its system ends when it is asked to' timeout "$patience" xl shutdown -w work
check 'the window goes' await "$patience" eval '! has_window "[work] terminal"'
check 'nothing is left of it' await "$patience" no_domain_but
oriel quit
cp ~/.local/state/oriel/orield.log /run/results/

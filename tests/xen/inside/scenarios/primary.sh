# A primary that is not dom0: work shows the windows of personal, whose id is all that it knows; and what users are
# told where something is missing.
write_vm_files() {
	in_guest work "mkdir -p ~/.config/oriel/vms && printf '[vm]\nlabel=green\nbackend=xen\ndomain=#%d\n' ${domain_ids[personal]} >~/.config/oriel/vms/personal.vm"
}

start_applications_in_personal() {
	in_guest personal "start_x 1280x800 && start_agent --primary=${domain_ids[work]} && start_applications 60"
}

same_pixels_in_work() {
	local here there
	here=$(in_guest work 'picture_sum "$(content_id personal terminal)"') || return 1
	there=$(in_guest personal 'picture_sum "$(window_id terminal)"') || return 1
	[[ $here == "$there" ]]
}

type_in_work() {
	in_guest work "enter_line personal '$1'" && await "$patience" in_guest personal "was_typed '$1'"
}

# fails_with WORDS COMMAND...: with status 1.
fails_with() {
	local words=$1 output status
	shift
	output=$("$@" 2>&1)
	status=$?
	printf '%s\n' "$output"
	[[ $status == 1 && $output == *"$words"* ]]
}

as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent "$@"; }

check 'work starts' start_guest work pvh
check 'personal starts' start_guest personal pv
await "$patience" guest_answers work
await "$patience" guest_answers personal
write_vm_files
check 'work: a domain without an agent for it is found' fails_with 'start oriel-agent there with' in_guest work 'oriel doctor personal'
check 'work has a desktop' in_guest work 'source /lab/desktop.sh && start_desktop 1280x800'
check 'personal has applications, and an agent that serves work' start_applications_in_personal
check 'work: the doctor finds the agent' in_guest work 'oriel doctor personal'
check 'work: personal runs' in_guest work 'oriel vm list | grep -Eq "^personal +running "'
check 'work: its windows show' await "$patience" in_guest work 'shows_windows personal'
check 'work: with the pixels that they have there' await "$patience" same_pixels_in_work
check 'work: a line typed there arrives' type_in_work 'from a guest'
check 'work: a command runs in personal' in_guest work 'oriel run --wait personal -- touch /run/lab/ran'
check 'it ran there' in_guest personal 'test -e /run/lab/ran'
check 'dom0 is told that the agent serves another primary' \
	fails_with 'serves another primary' oriel-view --connect "xen:${domain_ids[personal]}/0"

check 'personal is destroyed' xl destroy personal
check 'work: its windows go' await "$patience" in_guest work 'shows_no_window personal'
check 'nothing is left of it' await "$patience" no_domain_but work
check 'a domain that is gone is named' \
	fails_with "there is no domain ${domain_ids[personal]}" oriel-view --connect "xen:${domain_ids[personal]}/0"
check 'a domain without an agent is named' \
	fails_with "no agent serves instance 0 in domain ${domain_ids[work]}" oriel-view --connect "xen:${domain_ids[work]}/0"
check 'a user who may not use the devices is told so' \
	fails_with '/dev/xen/gntdev cannot be used: Permission denied' as_nobody XDG_CONFIG_HOME="$xl_config" oriel doctor
in_guest work 'oriel quit && rmmod xen-gntdev'
check 'work: a missing module is named' fails_with 'try modprobe xen-gntdev' in_guest work 'oriel doctor personal'

# Guests are saved to files and come back as other domains.
kernel_is_content() { ! in_guest "$1" 'dmesg | grep -A 30 "cut here"'; }

# check_return GUEST
check_return() {
	check "$1: a line typed in dom0 arrives" type_line "$1" 'before'
	check "$1 is saved" xl save "$1" "/run/$1.image"
	kill_view "$1" TERM
	check "$1 is gone" await "$patience" is_gone "$1"
	check "$1 is restored" xl restore "/run/$1.image"
	rm "/run/$1.image"
	domain_ids[$1]=$(xl domid "$1")
	check_view "$1" 'after its return'
	check_pixels "$1" 'after its return'
	check "$1: a line typed in dom0 arrives after its return" type_line "$1" 'after'
}

# What holds the channels of the past open is no child of the next agent's, and stays.
check_next_agent() {
	in_guest "$1" kill_agent
	kill_view "$1" TERM
	check "$1: another agent starts in place of a killed one" in_guest "$1" start_agent
	check_view "$1" 'from another agent'
	check_pixels "$1" 'from another agent'
	check "$1: its kernel has nothing to complain of" kernel_is_content "$1"
}

check 'work starts' start_guest work pvh
check 'personal starts' start_guest personal pv
check_sessions work personal
for guest in work personal; do
	check_return "$guest"
	check_next_agent "$guest"
done
take_screenshot restored

# What becomes of windows while domains pause, crash, and start again.
crash() { xenstore-write -R "/local/domain/${domain_ids[$1]}/data/lab/command" 'echo c >/proc/sysrq-trigger'; }

type_while_paused() {
	xl pause "$1" || return 1
	enter_line "$1" "$2"
	xl unpause "$1" || return 1
	await "$patience" in_guest "$1" "was_typed '$2'"
}

check 'personal starts' start_guest personal pv
check 'work starts' start_guest work pvh
check_sessions personal work
check 'a line typed into a paused guest arrives when it goes on' type_while_paused work 'in a pause'
check_pixels work 'after a pause'

crash work
check 'a guest that crashes is destroyed' await "$patience" is_dying work
kill_view work TERM
check 'nothing is left of the crashed guest' await "$patience" no_domain_but personal
check_pixels personal 'when the other guest has crashed'
check 'it starts again' start_guest work pvh
check_sessions work
check_pixels work 'in another domain'
take_screenshot lifecycle

# Windows of two guests on the desktop of dom0, by an agent and a view each, without a broker.
declare -A views colours=([work]=3465a4 [personal]=4e9a06) columns=([work]=60 [personal]=700)

start_session() {
	in_guest "$1" "start_x 1280x800 && start_agent && start_applications ${columns[$1]}"
}

agent_serves() { xenstore-ls -f "/local/domain/${domain_ids[$1]}/data/oriel" | grep -q event-channel; }

# start_view GUEST: once an agent serves it, which is not at once after another view has gone.
start_view() {
	await "$patience" agent_serves "$1" || return 1
	oriel-view --connect "xen:${domain_ids[$1]}/0" --label "$1" --colour "${colours[$1]}" &
	views[$1]=$!
}

kill_view() {
	kill "-$2" "${views[$1]}"
	wait "${views[$1]}" 2>/dev/null
	true
}

shows_windows() { has_window "[$1] terminal" && has_window "[$1] xlogo"; }
shows_no_window() { ! has_window "[$1] terminal" && ! has_window "[$1] xlogo"; }

# The view's window for a guest's pixels, inside the border.
content_id() {
	xwininfo -children -id "$(window_id "[$1] $2")" | awk '$1 ~ /^0x/ { print $1; exit }'
}

same_pixels() {
	local here there
	here=$(picture_sum "$(content_id "$1" "$2")") || return 1
	there=$(in_guest "$1" "picture_sum \$(window_id $2)") || return 1
	[[ $here == "$there" ]]
}

type_line() {
	xdotool windowactivate --sync "$(window_id "[$1] terminal")" type "$2"
	xdotool key Return
	await "$patience" in_guest "$1" "was_typed '$2'"
}

check_pixels() {
	local window
	for window in xlogo terminal; do
		check "$1: $window has the guest's pixels $2" await "$patience" same_pixels "$1" "$window"
	done
}

check 'work starts' start_guest work pvh
check 'personal starts' start_guest personal pv
for guest in work personal; do
	await "$patience" guest_answers "$guest"
	start_session "$guest" &
	views[$guest]=$!
done
for guest in work personal; do
	check "$guest: an agent and applications start" wait "${views[$guest]}"
	check "$guest: a view connects" start_view "$guest"
	check "$guest: its windows show on dom0's desktop" await "$patience" shows_windows "$guest"
done
for guest in work personal; do
	check_pixels "$guest" 'at first'
	check "$guest: a line typed in dom0 arrives" type_line "$guest" "for $guest"
	check_pixels "$guest" 'after typing'
done
take_screenshot windows

kill_view work KILL
check 'a killed view takes its windows with it' await "$patience" shows_no_window work
check 'the other guest keeps its own' await 1 shows_windows personal
check 'another view connects' start_view work
check 'the windows come back' await "$patience" shows_windows work
check_pixels work 'in another view'

in_guest personal kill_agent
kill_view personal TERM
check 'another agent starts' in_guest personal start_agent
check 'a view connects to it' start_view personal
check "the windows of a killed agent's applications come back" await "$patience" shows_windows personal
check_pixels personal 'from another agent'

check 'a guest is destroyed' xl destroy personal
kill_view personal TERM
check 'its windows go' await "$patience" shows_no_window personal
check 'nothing is left of it' await "$patience" no_domain_but work
check_pixels work 'when the other guest has gone'
take_screenshot one-guest

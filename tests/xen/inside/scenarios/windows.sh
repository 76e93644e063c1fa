# Windows of two guests: what a user does with them, and while agents and views come and go.
# follows_title GUEST: as long as its application has another, and when it has its own again.
follows_title() {
	in_guest "$1" 'xdotool set_window --name renamed $(window_id xlogo)' &&
		await "$patience" has_window "[$1] renamed" &&
		in_guest "$1" 'xdotool set_window --name xlogo $(window_id renamed)' &&
		await "$patience" has_window "[$1] xlogo"
}

resize() {
	xdotool windowsize "$(window_id "[$1] xlogo")" 320 290
	await "$patience" in_guest "$1" '(($(xwininfo -name xlogo | grep -oP "Width: \K.*") > 300))'
}

# open_menu GUEST: as xterm's main menu is opened.
open_menu() {
	activate "$(window_id "[$1] terminal")"
	xdotool mousemove --window "$(content_id "$1" terminal)" 60 40 keydown ctrl mousedown 1
	await "$patience" same_menu "$1"
}

close_menu() {
	xdotool mouseup 1 keyup ctrl
	await "$patience" shows_no_menu "$1"
}

# It has no name, and stays, unmapped.
shows_no_menu() { xwininfo -name "[$1]" | grep -q 'Map State: IsUnMapped'; }

# It has no name, neither here nor there, where it lies on top. Borders are part of it.
same_menu() {
	local here there
	here=$(picture_sum "$(xwininfo -children -name "[$1]" | first_child)") || return 1
	there=$(in_guest "$1" 'picture_sum $(xwininfo -root -children | first_child)') || return 1
	[[ $here == "$there" ]]
}

# The one that the pointer has in dom0 is the one that it has in the guest, and another elsewhere.
same_cursor() {
	local here
	xdotool mousemove --window "$(content_id "$1" terminal)" 60 40
	here=$(x-probe cursor)
	[[ $here == "$(in_guest "$1" 'x-probe cursor')" && $here != "$cursor_of_desktop" ]]
}

close_window() {
	activate "$(window_id "[$1] xlogo")"
	xdotool key alt+F4
	await "$patience" in_guest "$1" '! has_window xlogo' && await "$patience" eval "! has_window '[$1] xlogo'"
}

# check_use GUEST
check_use() {
	check "$1: a title follows that of the guest" follows_title "$1"
	check "$1: a resized window resizes the guest's" resize "$1"
	check "$1: and has its pixels" await "$patience" same_pixels "$1" xlogo
	check "$1: a menu opens, and has the guest's pixels" open_menu "$1"
	take_screenshot "menu-$1"
	check "$1: it closes" close_menu "$1"
	check "$1: the pointer looks as it does in the guest" await "$patience" same_cursor "$1"
}

xdotool mousemove 1270 790
cursor_of_desktop=$(x-probe cursor)
check 'work starts' start_guest work pvh
check 'personal starts' start_guest personal pv
check_sessions work personal
for guest in work personal; do
	check_pixels "$guest" 'at first'
	check "$guest: a line typed in dom0 arrives" type_line "$guest" "for $guest"
	check_pixels "$guest" 'after typing'
done
take_screenshot windows
for guest in work personal; do
	check_use "$guest"
done

kill_view work KILL
check 'a killed view takes its windows with it' await "$patience" shows_no_window work
check 'the other guest keeps its own' await 1 shows_windows personal
check_view work 'in place of a killed one'
check_pixels work 'in another view'

in_guest personal kill_agent
kill_view personal TERM
check 'personal: another agent starts' in_guest personal start_agent
check_view personal 'to another agent'
check_pixels personal 'from another agent'

check 'personal: a window closes when the user closes it' close_window personal
check 'a guest is destroyed' xl destroy personal
kill_view personal TERM
check 'its windows go' await "$patience" shows_no_window personal
check 'nothing is left of it' await "$patience" no_domain_but work
check_pixels work 'when the other guest has gone'
take_screenshot one-guest
check 'work: a window closes when the user closes it' close_window work
check 'work: the other stays' has_window '[work] terminal'

# Windows of two guests, while agents and views come and go.
check 'work starts' start_guest work pvh
check 'personal starts' start_guest personal pv
check_sessions work personal
for guest in work personal; do
	check_pixels "$guest" 'at first'
	check "$guest: a line typed in dom0 arrives" type_line "$guest" "for $guest"
	check_pixels "$guest" 'after typing'
done
take_screenshot windows

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

check 'a guest is destroyed' xl destroy personal
kill_view personal TERM
check 'its windows go' await "$patience" shows_no_window personal
check 'nothing is left of it' await "$patience" no_domain_but work
check_pixels work 'when the other guest has gone'
take_screenshot one-guest

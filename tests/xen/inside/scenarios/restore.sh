# A guest is saved to a file and comes back as another domain.
check 'personal starts' start_guest personal pv
check_sessions personal
check 'personal: a line typed in dom0 arrives' type_line personal 'before'

check 'a guest is saved' xl save personal /run/personal.image
kill_view personal TERM
check 'nothing is left of it' await "$patience" no_domain_but
check 'it is restored' xl restore /run/personal.image
domain_ids[personal]=$(xl domid personal)
check_view personal 'after its return'
check_pixels personal 'after its return'
check 'personal: a line typed in dom0 arrives after its return' type_line personal 'after'
take_screenshot restored

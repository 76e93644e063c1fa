# A guest that can grant pages for little more than one session, while its agents and views are killed: who dies
# leaves no page granted, and none mapped.
rounds=2
guest_parameters='xen_gntalloc.limit=300 xen_blkfront.feature_persistent=0'

maps_pages() { (($(mapped_pages "$1") > $2)); }

# check_killed_view GUEST ROUND
check_killed_view() {
	kill_view "$1" KILL
	check "$1: no page is mapped by a killed view ($2)" await "$patience" has_mapped_pages "$1" "$unused"
	check_view "$1" "in place of a killed one ($2)"
	check "$1: pages are mapped by it ($2)" await "$patience" maps_pages "$1" "$unused"
}

# The view has lost its session, and stays.
check_killed_agent() {
	in_guest "$1" kill_agent
	check "$1: no page of a killed agent is mapped ($2)" await "$patience" has_mapped_pages "$1" "$unused"
	kill_view "$1" TERM
	check "$1: another agent starts ($2)" in_guest "$1" start_agent
	check_view "$1" "from it ($2)"
}

lacks_pages() { in_guest "$1" 'grep "no more pages" /run/lab/agent.log'; }

check 'work starts with few pages to grant' start_guest work pvh $guest_parameters
check 'personal starts' start_guest personal pv
await "$patience" guest_answers work
unused=$(resting_pages work)
check_sessions work personal
for ((round = 1; round <= rounds; round++)); do
	check_killed_view work "$round"
	check_killed_agent work "$round"
done
check_pixels work 'after all that'
check 'work: its agents have had enough pages all the time' eval '! lacks_pages work'
check_pixels personal 'beside a guest with killed programs'
check 'personal: a line typed in dom0 arrives' type_line personal 'undisturbed'
kill_view work TERM
check 'work: no page is mapped in the end' await "$patience" has_mapped_pages work "$unused"
check 'work is destroyed' xl destroy work
check 'nothing is left of it' await "$patience" no_domain_but personal

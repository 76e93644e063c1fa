# A guest that can grant hardly more pages than its vchans take, and one with many windows.
crowd=20
crowd_names=$(printf 'logo-%d ' $(seq $crowd))

# All are of the same size, and so look the same.
shows_crowd() {
	local picture name
	picture=$(in_guest "$1" 'picture_sum $(window_id logo-1)') || return 1
	for name in $crowd_names; do
		[[ $(picture_sum "$(content_id "$1" "$name")") == "$picture" ]] || return 1
	done
}

shows_none_of_crowd() { ! xwininfo -root -tree | grep -q 'logo-'; }

warnings() { in_guest "$1" 'grep -c "no more pages to share" /run/lab/agent.log' || true; }

check 'work starts with a small limit of granted pages' start_guest work pvh xen_gntalloc.limit=100
check 'personal starts' start_guest personal pv
check_sessions work personal
check_pixels work 'beyond its limit of granted pages'
check 'work: its agent warns of the limit once' test "$(warnings work)" = 1
check 'personal: its agent has nothing to warn of' test "$(warnings personal)" = 0

check 'personal: many applications start' in_guest personal "start_crowd $crowd"
check 'personal: all their windows show, with the pixels that they have there' await "$patience" shows_crowd personal
take_screenshot crowd
check 'personal: they end' in_guest personal end_crowd
check 'personal: all their windows go' await "$patience" shows_none_of_crowd
check_pixels personal 'after many windows'

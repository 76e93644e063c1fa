# A guest that breaks the rules, one way after the other, beside an honest one.
instance=1

view_reason() { sed -n 's/.*the session with the guest has ended: //p' /run/lab/hostile-view.log; }
one_reason() { [[ $(view_reason | wc -l) == 1 ]]; }
is_served() { xenstore-exists "/local/domain/${domain_ids[$1]}/data/oriel/1/$instance/ring-ref"; }

start_hostile_view() {
	await "$patience" is_served "$1" || return 1
	oriel-view --connect "xen:${domain_ids[$1]}/$instance" --label "$1" --colour "${colours[$1]}" \
		>/run/lab/hostile-view.log 2>&1 &
	views[$1]=$!
}

# attack GUEST NAME: succeeds if what should comes of it.
attack() {
	in_guest "$1" "hostile-agent $instance $2 >/run/lab/hostile.log 2>&1 & attacker=\$!" || return 1
	start_hostile_view "$1" || return 1
	in_guest "$1" 'wait "$attacker"; status=$?; cat /run/lab/hostile.log; (exit "$status")'
}

# check_attack GUEST NAME: the view lives on, as it would for another session of a broker's.
check_attack() {
	check "$1: $2" attack "$1" "$2"
	check "$1: the view tells of it, in one line" await "$patience" one_reason
	say "$(view_reason)"
	check "$1: none of its pages is mapped any more" await "$patience" has_mapped_pages "$1" "$unused"
	kill_view "$1" TERM
}

# What the disks' back end maps is mapped for a moment alone.
check 'work starts' start_guest work pvh xen_gntalloc.limit=16384 xen_blkfront.feature_persistent=0
check 'personal starts' start_guest personal pv
check_sessions personal
check 'work answers' await "$patience" guest_answers work
unused=$(resting_pages work)
while read -r name _; do
	check_attack work "$name"
done < <(hostile-agent --list)
check 'personal: a line typed in dom0 arrives' type_line personal 'undisturbed'
check_pixels personal 'beside a hostile guest'
check 'the hostile guest is destroyed' xl destroy work
check 'nothing is left of it' await "$patience" no_domain_but personal

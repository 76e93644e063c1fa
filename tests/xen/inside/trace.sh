# Counting the system calls of a process; sourced in dom0 and in guests.

# trace PROCESS NAME: from now on.
trace() {
	strace -y -o "/run/lab/$2.trace" -p "$1" 2>/dev/null &
	tracer=$!
	await "$patience" grep -q '^TracerPid:[[:space:]]*[1-9]' "/proc/$1/status"
}

# end_trace NAME: a line of what it has called: "CALLS NOTIFICATIONS READS WRITES", of the vchan's event channel.
end_trace() {
	kill "$tracer"
	wait "$tracer"
	awk '
		/^[a-z]/ { calls++ }
		/^ioctl\(.*IOCTL_EVTCHN_NOTIFY/ { notifications++ }
		/^read\([0-9]+<[^>]*evtchn>/ { reads++ }
		/^write\([0-9]+<[^>]*evtchn>/ { writes++ }
		END { print calls + 0, notifications + 0, reads + 0, writes + 0 }' "/run/lab/$1.trace"
}

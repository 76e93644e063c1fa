# usage: wish editor.tcl FILE - a Tk editor with a menu; Ctrl+S saves.
set file [lindex $argv 0]
wm title . "Tk editor"
proc save {} {
	set out [open $::file w]
	fconfigure $out -encoding utf-8
	puts -nonewline $out [.text get 1.0 end-1c]
	close $out
}
menu .bar
menu .bar.file -tearoff 0
.bar.file add command -label Save -accelerator Ctrl+S -command save
.bar.file add command -label Stamp -command { .text insert end "stamped"; save }
.bar.file add command -label Quit -command exit
.bar add cascade -label File -menu .bar.file
. configure -menu .bar
text .text -width 50 -height 12 -insertofftime 0
pack .text -expand 1 -fill both
bind . <Control-s> save
focus .text

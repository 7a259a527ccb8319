# SPDX-License-Identifier: GPL-2.0
#
# Read the KTAP of tests/run (a level of cases, indented, below a level of files) and
# print a line a case; diagnostics of what failed follow it. Totals go to the file that
# -v totals= names, as "passed failed skipped", and the files that reported to -v seen=.

function report(word, what, why)
{
	printf "  %-5s %s%s\n", word, what, why == "" ? "" : " (" why ")"
	fflush()
}

# count LINE WHAT: one result line
function count(line, what,    why)
{
	if (line ~ /^not ok/) {
		failed++
		report("FAIL", what)
		printf "%s", notes
	} else if (match(line, /# SKIP */)) {
		skipped++
		why = substr(line, RSTART + RLENGTH)
		report("skip", what, why)
	} else {
		passed++
		report("ok", what)
	}
	notes = ""
}

function name_of(line)
{
	sub(/^(not )?ok [0-9]+ (- )?/, "", line)
	sub(/ *# SKIP.*/, "", line)
	return line
}

{ sub(/\r$/, "") }

/^# [a-z]+\/[^ ]+\.sh$/ { file = $2; cases = 0; bad = 0; notes = ""; next }

/^    (not )?ok [0-9]+/ {
	line = substr($0, 5)
	cases++
	if (line ~ /^not/)
		bad++
	count(line, file ": " name_of(line))
	next
}

/^(not )?ok [0-9]+/ {
	name = name_of($0)
	print name >seen
	fflush(seen)
	if (cases == 0 || ($0 ~ /^not/ && bad == 0))
		count($0, cases ? name ": kernel log, or end" : name)
	cases = 0; bad = 0; notes = ""
	next
}

/^ *(KTAP version|TAP version|1\.\.[0-9])/ { next }

{ notes = notes "        " $0 "\n" }

END { print passed + 0, failed + 0, skipped + 0 >totals }

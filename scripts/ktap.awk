# SPDX-License-Identifier: GPL-2.0
#
# Read the KTAP of tests/run (a level of cases, indented, below a level of files) and
# print a line a case, with "prefix" before it; diagnostics of what failed follow it. The
# results go to the file "results", as "ok|FAIL|skip case" and, of what failed, lines
# "- why"; the files that reported to "seen". A case that was skipped has failed, unless
# its file (below "tests") says
#
#   # may-skip: CASE REASON

function report(word, what, why)
{
	printf "%s%-5s %s%s\n", prefix, word, what, why == "" ? "" : " (" why ")"
	fflush()
	print word, what >results
	fflush(results)
}

# explain: what it said, whole on the screen, its beginning among the results
function explain(    line, i, n)
{
	printf "%s", notes
	n = split(notes, line, "\n")
	for (i = 1; i < n && i <= 4; i++) {
		sub(/^[ #]*/, "", line[i])
		print "-", substr(line[i], 1, 160) >results
	}
	fflush(results)
}

# may_skip NAME: whether the header of the present file allows it
function may_skip(name,    line, path, found, words)
{
	path = tests "/" file
	while ((getline line <path) > 0) {
		if (line !~ /^#/)
			break
		if (line ~ /^# may-skip: / && split(line, words, " ") > 3 && words[3] == name)
			found = 1
	}
	close(path)
	return found
}

# count LINE WHAT NAME: one result line
function count(line, what, name,    why)
{
	if (line ~ /^not ok/) {
		report("FAIL", what)
		explain()
	} else if (match(line, /# SKIP */)) {
		why = substr(line, RSTART + RLENGTH)
		if (may_skip(name)) {
			report("skip", what, why)
		} else {
			report("FAIL", what, "skipped: " why)
			explain()
		}
	} else {
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
	count(line, file ": " name_of(line), name_of(line))
	next
}

/^(not )?ok [0-9]+/ {
	name = name_of($0)
	print name >seen
	fflush(seen)
	if (cases == 0 || ($0 ~ /^not/ && bad == 0))
		count($0, cases ? name ": kernel log, or end" : name, name)
	cases = 0; bad = 0; notes = ""
	next
}

/^ *(KTAP version|TAP version|1\.\.[0-9])/ { next }

{ notes = notes "        " $0 "\n" }

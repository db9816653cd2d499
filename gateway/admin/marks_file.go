package admin

import (
	"regexp"
	"strconv"
	"strings"
)

// framePattern begins a part of a file that a phone shows as codes one after another:
// S5K1|number|of how many|part. The part is what comes until the next one.
var framePattern = regexp.MustCompile(`S5K1\|([0-9]{1,4})\|([0-9]{1,4})\|`)

// maxFrames bounds the parts of a file. A code holds some hundred bytes, so that is
// more marks than a judge makes in a year.
const maxFrames = 999

// joinFrames returns the text of a file of marks. Codes that were read from a
// screen, in whatever order and as often as it may be, are put together; any other
// text is returned as it is. missing are the numbers of parts that are not there;
// ok is false when parts are of different files or no sense can be made of them.
func joinFrames(text string) (joined string, missing []int64, ok bool) {
	found := framePattern.FindAllStringSubmatchIndex(text, -1)
	if len(found) == 0 {
		return text, nil, true
	}
	total, parts := 0, map[int]string{}
	for i, at := range found {
		end := len(text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		number, _ := strconv.Atoi(text[at[2]:at[3]]) // digits, of which there are few
		of, _ := strconv.Atoi(text[at[4]:at[5]])
		part := strings.Trim(text[at[1]:end], "\r\n")
		before, again := parts[number]
		if of < 1 || of > maxFrames || number < 1 || number > of || (total != 0 && of != total) || (again && before != part) {
			return "", nil, false
		}
		total, parts[number] = of, part
	}
	var out strings.Builder
	for n := 1; n <= total; n++ {
		part, there := parts[n]
		if !there {
			missing = append(missing, int64(n))
		}
		out.WriteString(part)
	}
	return out.String(), missing, true
}

package ui

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/signalbox/signalbox/app/lang"
)

// Duration writes a time span as people say it: 0.4 s, 12 s, 1m 48s, 2h 14m,
// 3d 2h.
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < 10*time.Second:
		return lang.Decimal(float64(d.Milliseconds()/100)/10, 1) + " s"
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d.Minutes())) + "m " + two(int(d.Seconds())%60) + "s"
	case d < 24*time.Hour:
		return strconv.Itoa(int(d.Hours())) + "h " + two(int(d.Minutes())%60) + "m"
	}
	return strconv.Itoa(int(d.Hours())/24) + "d " + strconv.Itoa(int(d.Hours())%24) + "h"
}

// Countdown writes what is left of a time span: 0:27, 5:00, 1:02:03. It rounds
// up, so that it reaches 0:00 with the end.
func Countdown(d time.Duration) string {
	s := int((d + time.Second - 1) / time.Second)
	if d <= 0 {
		s = 0
	}
	if s >= 3600 {
		return strconv.Itoa(s/3600) + ":" + two(s/60%60) + ":" + two(s%60)
	}
	return strconv.Itoa(s/60) + ":" + two(s%60)
}

func two(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// Bytes writes a size: 640 B, 12.4 kB, 3.1 MB.
func Bytes[N int | int64 | uint64](n N) string {
	f := float64(n)
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if f < 1000 || unit == "GB" {
			if unit == "B" {
				return strconv.FormatInt(int64(f), 10) + " B"
			}
			return lang.Decimal(f, 1) + " " + unit
		}
		f /= 1000
	}
	return ""
}

// Sentence makes a sentence of the words of an error: a capital and a full stop.
func Sentence(text string) string {
	if text == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(text[size:], ".") + "."
}

package engine

import (
	"fmt"
	"strconv"
	"strings"
)

// DiskLimits are how full disks may be, in percent, by the paths that they are
// mounted on; "*" is for all others.
type DiskLimits map[string]int

// ParseDiskLimits reads disk_space_threshold: "/data:80,*:90".
func ParseDiskLimits(text string) (DiskLimits, error) {
	if text == "" {
		return nil, nil
	}
	limits := DiskLimits{}
	for one := range strings.SplitSeq(text, ",") {
		path, percent, _ := strings.Cut(strings.TrimSpace(one), ":")
		n, err := strconv.Atoi(strings.TrimSpace(percent))
		path = strings.TrimSpace(path)
		if err != nil || n < 0 || n > 100 || path != "*" && !strings.HasPrefix(path, "/") {
			return nil, fmt.Errorf("disk_space_threshold: %q: write PATH:PERCENT, as in /data:80 or *:90", strings.TrimSpace(one))
		}
		limits[path] = n
	}
	return limits, nil
}

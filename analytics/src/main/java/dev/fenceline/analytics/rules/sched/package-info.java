/** drm_sched: A-S01 to A-S11. */
@NullMarked
package dev.fenceline.analytics.rules.sched;

import org.jspecify.annotations.NullMarked;

/** Devices that are unplugged: A-U01 to A-U10. */
@NullMarked
package dev.fenceline.analytics.rules.unplug;

import org.jspecify.annotations.NullMarked;

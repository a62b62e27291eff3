/** Debugger connections: D01 to D20. */
@NullMarked
package dev.fenceline.analytics.rules.debug;

import org.jspecify.annotations.NullMarked;

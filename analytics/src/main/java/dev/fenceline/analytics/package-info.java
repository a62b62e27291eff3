/** The fold of a session's events, and what follows from it. */
@NullMarked
package dev.fenceline.analytics;

import org.jspecify.annotations.NullMarked;

/** Access to the contents of buffer objects: T01 to T11. */
@NullMarked
package dev.fenceline.analytics.rules.access;

import org.jspecify.annotations.NullMarked;

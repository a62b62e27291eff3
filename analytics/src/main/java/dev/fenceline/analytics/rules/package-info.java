/** The rules, one file each, and their catalogue. */
@NullMarked
package dev.fenceline.analytics.rules;

import org.jspecify.annotations.NullMarked;

/** What one client may learn of another's memory: A-X01 to A-X04. */
@NullMarked
package dev.fenceline.analytics.rules.info;

import org.jspecify.annotations.NullMarked;

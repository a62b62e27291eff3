/** Tests. */
@NullMarked
package dev.fenceline.analytics.rules;

import org.jspecify.annotations.NullMarked;

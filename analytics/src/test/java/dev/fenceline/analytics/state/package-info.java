/** Tests. */
@NullMarked
package dev.fenceline.analytics.state;

import org.jspecify.annotations.NullMarked;

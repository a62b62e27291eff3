/** Buffer objects of TTM: A-T01 to A-T16. */
@NullMarked
package dev.fenceline.analytics.rules.bo;

import org.jspecify.annotations.NullMarked;

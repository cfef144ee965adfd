"""Every other way to a size than mapping: one file per family, and every size is an `Estimate`."""

"""nbconvert exporters: an executed notebook becomes a light HTML page or an archival PDF."""

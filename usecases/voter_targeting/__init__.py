"""Voter targeting and fund-raising: two use cases over one electorate."""

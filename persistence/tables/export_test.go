package tables

// Indexed are the queries that must not walk a whole table.
func Indexed() []string {
	return []string{
		OwnedQuery, AdvanceQuery, lockQuery, teamRecordsQuery, recordsQuery, HeldQuery, archiveRecordsQuery, linksQuery,
		competitionTeamsQuery, rulingsQuery, takenSlotsQuery, judgeByEmailQuery, organizerByMailQuery, expireQuery,
	}
}

package tables

// Indexed are the queries that must not walk a whole table.
func Indexed() []string {
	return []string{
		OwnedQuery, AdvanceQuery, lockQuery, teamRecordsQuery, recordsQuery, HeldQuery, archiveRecordsQuery, linksQuery,
		competitionTeamsQuery, rulingsQuery, takenSlotsQuery, judgeByEmailQuery, organizerByMailQuery, expireQuery,
		versionsQuery, versionQuery, archiveVersionsQuery, lastVersionQuery, judgeByCodeQuery, grantedQuery, notesQuery,
		ruledOnQuery, recordedQuery, timedQuery, editTeamQuery, teamCountsQuery + `($1, $2)`,
		`SELECT count(*) FROM ` + auditTable + ` WHERE competition_id = $1`,
		`SELECT ` + noteColumns + ` FROM ` + auditTable + ` WHERE competition_id IN ($1, $2) ORDER BY at DESC, ruling DESC, id DESC LIMIT $3 OFFSET $4`,
		webhookQuery, newsQuery, moveCursorQuery, leaseQuery, settleQuery, deliveriesQuery, countDeliveriesQuery,
		deliveryQuery, dropPendingQuery, deleteDeliveriesQuery,
	}
}

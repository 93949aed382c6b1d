"""Use cases: one public async function a verb, with its policy, SQL and events in sight."""

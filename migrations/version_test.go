package migrations_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/faustman/chitchat/migrations"
	"github.com/faustman/chitchat/projections"
)

// TestVersionsFollowTheirSQL holds the versions to what they are versions of: a
// program that changes the SQL and not the version would leave old tables and
// views as they are.
func TestVersionsFollowTheirSQL(t *testing.T) {
	const (
		model        = "cfc3bbc5183d"
		modelVersion = "2"
		views        = "e2b640950497"
		viewsVersion = 2
	)
	if got := sum(migrations.Tables() + migrations.Indexes()); got != model || projections.ModelVersion != modelVersion {
		t.Errorf("model is %s of version %s, want %s of version %s: count projections.ModelVersion up and note both here",
			got, projections.ModelVersion, model, modelVersion)
	}
	if got := sum(migrations.Views(1)); got != views || migrations.ViewsVersion != viewsVersion {
		t.Errorf("views are %s of version %d, want %s of version %d: count migrations.ViewsVersion up and note both here",
			got, migrations.ViewsVersion, views, viewsVersion)
	}
}

func sum(s string) string {
	digest := sha256.Sum256([]byte(s))
	return hex.EncodeToString(digest[:6])
}

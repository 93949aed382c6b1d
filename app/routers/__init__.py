"""HTTP only, one file a resource: who may call, what comes in and out, which problems are answered."""

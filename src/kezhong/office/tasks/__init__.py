"""The task list: steps, decomposition, dependencies, evidence, comments, import and export."""

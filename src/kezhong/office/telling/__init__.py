"""Telling people: notices, e-mail, webhooks; the clock's round with reminders, lights and escalation."""

-- A model is put into use by an administrator (管理者) who has read its card. Approvers decide about orders, not about programs.
DROP TRIGGER model_decision_by_approver;
CREATE TRIGGER model_decision_by_administrator BEFORE INSERT ON model_decision
WHEN (SELECT role FROM officer WHERE name = NEW.officer) IS NOT 'administrator'
BEGIN SELECT RAISE(ABORT, 'only an administrator decides which model is used'); END;

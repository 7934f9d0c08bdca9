export const zh = {
  steps: {
    label: "可办理的步骤",
    none: "目前没有需要您办理的步骤。",
    optional: "（选填）",
    choose: "请选择",
    confirm: "确认{step}",
    sending: "正在提交…",
    cancel: "取消",
    sure: "确认“{step}”？",
    fill: "请填写{what}",
    course: "办理过程",
    noCourse: "尚无办理记录。",
    system: "系统", passedOn: "（{unit}代录）", note: "说明",
    needs: {
      reason: "理由", reply: "办理情况", evidence: "佐证材料", document: "报送材料", sheet: "表单", plan: "建设方案", result: "结论", grade: "等级", due: "时限", unit: "责任单位", funding: "资金来源与金额",
    },
    attach: "如有材料，可在“附件”中上传（自愿，不作硬性要求）。",
    lights: { green: "绿灯", yellow: "黄灯", red: "红灯", grey: "不评判" },
    conflict: {
      title: "已有更新的版本",
      hint: "您填写期间，他人修改了这条记录。您填写的内容仍保留在左侧，右侧为最新内容；核对后可再次提交。",
      mine: "您填写的",
      theirs: "最新内容",
      again: "按最新版本再次提交",
      take: "采用最新内容",
    },
  },
};

export const en: typeof zh = {
  steps: {
    label: "Steps you may take",
    none: "There is no step for you to take now.",
    optional: " (optional)",
    choose: "Choose",
    confirm: "Confirm: {step}",
    sending: "Sending…",
    cancel: "Cancel",
    sure: "Take the step “{step}”?",
    fill: "Please fill in: {what}",
    course: "Course",
    noCourse: "No step has been taken yet.",
    system: "system", passedOn: " (passed on by {unit})", note: "Note",
    needs: {
      reason: "Reason", reply: "What was done", evidence: "Evidence", document: "Document", sheet: "Sheet", plan: "Plan", result: "Result", grade: "Grade", due: "Deadline", unit: "Responsible unit", funding: "Source and amount of money",
    },
    attach: "Papers, where there are any, can be attached under “Files” (voluntary).",
    lights: { green: "green", yellow: "yellow", red: "red", grey: "not judged" },
    conflict: {
      title: "There is a newer version",
      hint: "Somebody changed this record while you were writing. What you wrote is kept on the left, the newest version is on the right; compare and send again.",
      mine: "Yours",
      theirs: "Newest",
      again: "Send again on the newest version",
      take: "Take the newest version",
    },
  },
};
